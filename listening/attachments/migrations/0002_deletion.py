from django.db import migrations

from backend.db.migration import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("attachments", "0001_initial"), ("records", "0005_restorable_search")]
    operations = [run_sql_file(__file__)]
