import django.contrib.postgres.fields
from django.db import migrations, models

from backend.db.migration import run_sql_file


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        run_sql_file(__file__),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("position", models.BigIntegerField(primary_key=True, serialize=False)),
                ("id", models.BigIntegerField(unique=True)),
                ("at", models.DateTimeField()),
                ("written_by", models.CharField(max_length=63)),
                ("person_id", models.BigIntegerField(null=True)),
                ("credential", models.CharField(max_length=69)),
                ("verb", models.CharField(max_length=32)),
                ("model", models.CharField(max_length=65)),
                (
                    "ids",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None),
                ),
                ("number", models.IntegerField()),
                ("subject_id", models.BigIntegerField(null=True)),
                ("request_id", models.CharField(max_length=64)),
                ("purpose", models.CharField(max_length=32)),
                ("hash", models.BinaryField()),
            ],
            options={
                "verbose_name_plural": "entries",
                "db_table": "audit_entry",
                "ordering": ["-position"],
                "managed": False,
            },
        ),
    ]
