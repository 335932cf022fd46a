import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("districts", "0002_placement")]
    operations = [
        migrations.CreateModel(
            name="ReferenceMargin",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "variable",
                    models.SlugField(
                        db_index=False, help_text="What residents are told apart by, e.g. age.", max_length=20
                    ),
                ),
                ("band", models.CharField(help_text="E.g. 65+.", max_length=20)),
                ("year", models.PositiveSmallIntegerField()),
                ("source", models.CharField(max_length=200)),
                ("people", models.PositiveIntegerField()),
                (
                    "district",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="margins", to="districts.district"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("district", "variable", "year", "source", "band"), name="margin_once"
                    )
                ],
            },
        ),
    ]
