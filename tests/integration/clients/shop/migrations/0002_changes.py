from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("Customer", "active", models.BooleanField(default=True)),
        migrations.AddField("Article", "written", models.DateTimeField(null=True)),
        migrations.AddIndex("Customer", models.Index(fields=["balance"], name="shop_customer_balance")),
        migrations.RunPython(lambda state, editor: state.get_model("shop", "Tag").objects.get_or_create(name="made by a migration"),
                             migrations.RunPython.noop),
        migrations.AlterField("Article", "title", models.CharField(max_length=80)),
        migrations.RenameField("Customer", "name", "called"),
        migrations.RenameField("Customer", "called", "name"),
    ]
