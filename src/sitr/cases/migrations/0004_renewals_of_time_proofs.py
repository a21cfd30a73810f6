import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0003_parsed_views_of_exhibits"),
    ]

    operations = [
        migrations.AddField(model_name="stamp", name="ends", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="stamp", name="renewed", field=models.BooleanField(null=True)),
        migrations.CreateModel(
            name="Renewal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("authority", models.PositiveSmallIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[("queued", "queued"), ("stamped", "stamped"), ("will_retry", "will_retry")],
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("next_try", models.DateTimeField()),
                ("text", models.BinaryField()),
                ("reply", models.BinaryField(null=True)),
                ("ends", models.DateTimeField(null=True)),
                ("renewed", models.BooleanField(null=True)),
                ("case", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="cases.case")),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
    ]
