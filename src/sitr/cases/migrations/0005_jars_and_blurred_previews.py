"""The cookie jar of a case, and the blurred preview beside each exhibit (empty for those sealed before)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0004_renewals_of_time_proofs"),
    ]

    operations = [
        migrations.CreateModel(
            name="Jar",
            fields=[
                ("id", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("epoch", models.PositiveIntegerField()),
                ("order", models.PositiveIntegerField()),
                ("body", models.BinaryField()),
                ("secret", models.BinaryField(default=bytes)),
                ("case", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="cases.case")),
            ],
            options={
                "ordering": ["order", "id"],
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="exhibit",
            name="preview",
            field=models.BinaryField(default=bytes),
        ),
        migrations.AddField(
            model_name="exhibit",
            name="preview_epoch",
            field=models.PositiveIntegerField(default=0),
        ),
    ]
