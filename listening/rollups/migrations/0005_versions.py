from django.db import migrations

from backend.db.migration import run_sql_file


class Migration(migrations.Migration):
    dependencies = [
        ("rollups", "0004_epochs"),
        ("codelists", "0001_initial"),
        ("districts", "0005_editions"),
    ]
    operations = [run_sql_file(__file__)]
