import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0008_watches_and_their_rounds"),
    ]

    operations = [
        migrations.CreateModel(
            name="Partner",
            fields=[
                ("id", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=80)),
                ("prefix", models.CharField(max_length=8, unique=True)),
                ("digest", models.CharField(max_length=64)),
                ("state", models.CharField(choices=[("active", "active"), ("ended", "ended")], max_length=8)),
                ("since_hour", models.DateTimeField()),
                ("per_day", models.PositiveIntegerField()),
                ("per_minute", models.PositiveIntegerField()),
                ("day", models.DateField(null=True)),
                ("day_used", models.PositiveIntegerField(default=0)),
                ("minute", models.BigIntegerField(default=0)),
                ("minute_used", models.PositiveIntegerField(default=0)),
            ],
            options={"ordering": ["since_hour", "id"]},
        ),
        migrations.CreateModel(
            name="SharedChange",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("entry", models.BigIntegerField()),
                ("at", models.DateTimeField()),
            ],
            options={"abstract": False},
        ),
        migrations.CreateModel(
            name="SharedCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.BigIntegerField()),
            ],
            options={"abstract": False},
        ),
        migrations.CreateModel(
            name="SharedPhoto",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("hashes", models.BinaryField()),
            ],
            options={"abstract": False},
        ),
        migrations.CreateModel(
            name="Submission",
            fields=[
                ("id", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("epoch", models.PositiveIntegerField()),
                ("order", models.PositiveIntegerField()),
                ("body", models.BinaryField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("sending", "sending"),
                            ("sent", "sent"),
                            ("refused", "refused"),
                            ("unknown", "unknown"),
                            ("withdrawn", "withdrawn"),
                        ],
                        max_length=9,
                    ),
                ),
                ("case", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="cases.case")),
            ],
            options={"ordering": ["order", "id"], "abstract": False},
        ),
    ]
