from django.db import migrations

from backend.db.migration import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("sync", "0002_triggers")]
    operations = [run_sql_file(__file__)]
