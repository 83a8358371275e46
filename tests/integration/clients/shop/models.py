"""Customers are sharded by their primary key, their orders and the orders' lines by the same column; countries are a
reference table; tags, articles and all of Django's own tables are home tables."""

import uuid

from django.db import models


class Country(models.Model):
    code = models.CharField(max_length=2, primary_key=True)
    name = models.CharField(max_length=50)

    class Meta:
        app_label = "shop"


class Customer(models.Model):
    customer_id = models.IntegerField(primary_key=True)
    name = models.CharField(max_length=50, db_index=True)
    country = models.ForeignKey(Country, models.PROTECT, null=True, db_constraint=False)
    balance = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    score = models.FloatField(default=0)
    active = models.BooleanField(default=True)
    joined = models.DateTimeField(null=True)
    data = models.JSONField(default=dict)

    class Meta:
        app_label = "shop"
        ordering = ["customer_id"]


class Order(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="orders")
    placed = models.DateField()
    total = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    state = models.CharField(max_length=10, default="new")

    class Meta:
        app_label = "shop"


class Line(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    customer = models.ForeignKey(Customer, models.DO_NOTHING, db_constraint=False)
    order = models.ForeignKey(Order, models.DO_NOTHING, related_name="lines", db_constraint=False)
    quantity = models.IntegerField()

    class Meta:
        app_label = "shop"


class Tag(models.Model):
    name = models.CharField(max_length=20, unique=True)

    class Meta:
        app_label = "shop"


class Article(models.Model):
    title = models.CharField(max_length=50)
    tags = models.ManyToManyField(Tag)
    parent = models.ForeignKey("self", models.SET_NULL, null=True)
    written = models.DateTimeField(null=True)

    class Meta:
        app_label = "shop"
