import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0006_browsers_that_may_add_and_what_they_added"),
    ]

    operations = [
        migrations.AddField(model_name="case", name="calendar_proof", field=models.BooleanField(default=False)),
        migrations.AddField(model_name="stamp", name="revocation", field=models.BinaryField(null=True)),
        migrations.AddField(
            model_name="stamp", name="revocation_tries", field=models.PositiveSmallIntegerField(default=0)
        ),
        migrations.AddField(model_name="stamp", name="revocation_next", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="renewal", name="revocation", field=models.BinaryField(null=True)),
        migrations.AddField(
            model_name="renewal", name="revocation_tries", field=models.PositiveSmallIntegerField(default=0)
        ),
        migrations.AddField(model_name="renewal", name="revocation_next", field=models.DateTimeField(null=True)),
        migrations.CreateModel(
            name="Anchor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "queued"),
                            ("will_retry", "will_retry"),
                            ("pending", "pending"),
                            ("complete", "complete"),
                        ],
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("next_try", models.DateTimeField(null=True)),
                ("asked", models.DateTimeField(null=True)),
                ("proof", models.BinaryField(null=True)),
                (
                    "checkpoint",
                    models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, to="cases.checkpoint"),
                ),
            ],
        ),
    ]
