from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension
from django.db import migrations

from backend.db.migration import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]
    operations = [UnaccentExtension(), TrigramExtension(), run_sql_file(__file__)]
