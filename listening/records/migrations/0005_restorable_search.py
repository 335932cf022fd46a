from django.db import migrations

from backend.db.migration import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("records", "0004_analyze")]
    operations = [run_sql_file(__file__)]
