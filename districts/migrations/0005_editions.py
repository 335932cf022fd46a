from django.db import migrations

from backend.db.migration import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("districts", "0004_crosswalk")]
    operations = [run_sql_file(__file__)]
