"""Keys of sharded tables begin with the shard key, which Django cannot say: those tables are made by SQL."""

import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel("Country", [("code", models.CharField(max_length=2, primary_key=True)),
                                           ("name", models.CharField(max_length=50))]),
        migrations.CreateModel("Customer", [
            ("customer_id", models.IntegerField(primary_key=True)),
            ("name", models.CharField(max_length=50, db_index=True)),
            ("country", models.ForeignKey("shop.Country", models.PROTECT, null=True, db_constraint=False)),
            ("balance", models.DecimalField(max_digits=12, decimal_places=2, default=0)),
            ("score", models.FloatField(default=0)),
            ("joined", models.DateTimeField(null=True)),
            ("data", models.JSONField(default=dict))], options={"ordering": ["customer_id"]}),
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL(
                "CREATE TABLE shop_order (id uuid NOT NULL, customer_id int NOT NULL REFERENCES shop_customer DEFERRABLE "
                "INITIALLY DEFERRED, placed date NOT NULL, total numeric(12,2), state varchar(10) NOT NULL, "
                "PRIMARY KEY (customer_id, id));"
                "CREATE INDEX shop_order_id ON shop_order(id);"
                "CREATE TABLE shop_line (id uuid NOT NULL, customer_id int NOT NULL, order_id uuid NOT NULL, "
                "quantity int NOT NULL, PRIMARY KEY (customer_id, id));", reverse_sql="DROP TABLE shop_line, shop_order")],
            [migrations.CreateModel("Order", [
                ("id", models.UUIDField(primary_key=True, default=uuid.uuid4)),
                ("customer", models.ForeignKey("shop.Customer", models.CASCADE, related_name="orders")),
                ("placed", models.DateField()),
                ("total", models.DecimalField(max_digits=12, decimal_places=2, null=True)),
                ("state", models.CharField(max_length=10, default="new"))]),
             migrations.CreateModel("Line", [
                 ("id", models.UUIDField(primary_key=True, default=uuid.uuid4)),
                 ("customer", models.ForeignKey("shop.Customer", models.DO_NOTHING, db_constraint=False)),
                 ("order", models.ForeignKey("shop.Order", models.DO_NOTHING, related_name="lines", db_constraint=False)),
                 ("quantity", models.IntegerField())])]),
        migrations.CreateModel("Tag", [("id", models.BigAutoField(primary_key=True, auto_created=True)),
                                       ("name", models.CharField(max_length=20, unique=True))]),
        migrations.CreateModel("Article", [
            ("id", models.BigAutoField(primary_key=True, auto_created=True)),
            ("title", models.CharField(max_length=50)),
            ("tags", models.ManyToManyField("shop.Tag")),
            ("parent", models.ForeignKey("shop.Article", models.SET_NULL, null=True))]),
    ]
