from django.db import migrations

from backend.db.migration import run_sql_file


class Migration(migrations.Migration):
    initial = True
    dependencies = [("records", "0002_search")]
    operations = [run_sql_file(__file__)]
