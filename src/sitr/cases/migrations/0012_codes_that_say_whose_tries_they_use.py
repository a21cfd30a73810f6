from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0011_pages_looked_into_again"),
    ]

    operations = [
        migrations.AddField(
            model_name="pairing",
            name="place",
            field=models.CharField(blank=True, default="", max_length=6),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="receiptlock",
            name="mark",
            field=models.CharField(blank=True, db_index=True, default="", max_length=4),
            preserve_default=False,
        ),
    ]
