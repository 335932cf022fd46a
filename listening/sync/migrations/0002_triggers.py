from django.db import migrations

from backend.db.migration import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("sync", "0001_feed"), ("records", "0006_field_versions"), ("codelists", "0001_initial")]
    operations = [run_sql_file(__file__)]
