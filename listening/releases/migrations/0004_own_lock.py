from django.db import migrations

from backend.db.migration import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("releases", "0003_bands")]
    operations = [run_sql_file(__file__)]
