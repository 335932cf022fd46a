import django.db.models.deletion
from django.db import migrations, models

from backend.db.migration import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("districts", "0005_editions"), ("records", "0007_citizenship_band")]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="named_district",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                help_text="The district that was named, where boundaries have moved it since; the database forgets it "
                "when another place is named.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="districts.district",
            ),
        ),
        migrations.AddConstraint(
            model_name="conversation",
            constraint=models.CheckConstraint(
                condition=models.Q(("named_district__isnull", True), ("place", "district"), _connector="OR"),
                name="conversation_named_district",
            ),
        ),
        run_sql_file(__file__),
    ]
