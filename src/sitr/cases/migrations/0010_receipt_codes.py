from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0009_the_shared_index_and_who_may_ask_it"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReceiptLock",
            fields=[
                ("holder_id", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("locate", models.CharField(max_length=32, unique=True)),
                ("locked", models.BinaryField()),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ReceiptSalt",
            fields=[
                ("id", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ("salt", models.BinaryField()),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AlterField(
            model_name="holder",
            name="kind",
            field=models.CharField(
                choices=[
                    ("person", "person"),
                    ("worker", "worker"),
                    ("trusted", "trusted"),
                    ("receipt", "receipt"),
                ],
                max_length=8,
            ),
        ),
    ]
