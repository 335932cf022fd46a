from django.db import migrations

from backend.db.migration import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("rollups", "0005_versions")]
    operations = [run_sql_file(__file__)]
