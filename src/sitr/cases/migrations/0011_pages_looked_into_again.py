import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0010_receipt_codes"),
    ]

    operations = [
        migrations.CreateModel(
            name="Looked",
            fields=[
                ("id", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("epoch", models.PositiveIntegerField()),
                ("order", models.PositiveIntegerField()),
                ("body", models.BinaryField()),
                ("exhibit", models.CharField(max_length=32, unique=True)),
                ("case", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="cases.case")),
            ],
            options={
                "ordering": ["order", "id"],
                "abstract": False,
            },
        ),
    ]
