from django.db import migrations

from backend.db.migration import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_entries")]
    operations = [run_sql_file(__file__)]
