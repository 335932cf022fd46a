from django.db import migrations

from backend.db.migration import run_sql_file


class Migration(migrations.Migration):
    dependencies = [
        ("rollups", "0002_occasions"),
        ("records", "0007_named_district"),
        ("districts", "0004_editions"),
    ]
    operations = [run_sql_file(__file__)]
