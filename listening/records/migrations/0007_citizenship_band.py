from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0006_field_versions")]
    operations = [
        migrations.AlterField(
            model_name="participantband",
            name="variable",
            field=models.CharField(
                choices=[("age", "Age"), ("gender", "Gender"), ("tie", "Tie"), ("citizenship", "Citizenship")],
                max_length=12,
            ),
        ),
    ]
