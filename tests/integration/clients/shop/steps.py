"""Steps of a Django application, run against the port given: prints what every step gave, a JSON text a line.

    steps.py PORT DATABASE USER [STEP,STEP…]      the steps named are left out
"""

import datetime
import decimal
import json
import pathlib
import re
import sys
import uuid

import django
from django.conf import settings

port, dbname, user = int(sys.argv[1]), sys.argv[2], sys.argv[3]
left_out = sys.argv[4].split(",") if len(sys.argv) > 4 else []  # steps
sys.path[0] = str(pathlib.Path(__file__).parent.parent)

settings.configure(
    SECRET_KEY="x", USE_TZ=True, TIME_ZONE="Europe/Vienna", DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions",
                    "django.contrib.admin", "django.contrib.messages", "shop"],
    DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "NAME": dbname, "USER": user,
                           "HOST": "127.0.0.1", "PORT": port, "CONN_MAX_AGE": 60}})
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import IntegrityError, connection, transaction  # noqa: E402
from django.db.models import Avg, Case, Count, Exists, F, Max, Min, OuterRef, Q, Subquery, Sum, Value, When  # noqa: E402
from django.db.models.functions import Coalesce, Lower, TruncMonth  # noqa: E402
from shop.models import Article, Country, Customer, Line, Order, Tag  # noqa: E402


def step(function):
    """Runs one step and prints what it gave, or the error."""
    try:
        result = function()
    except Exception as error:  # whatever the driver makes of it
        cause = error.__cause__ or error
        connection.close_if_unusable_or_obsolete() if not connection.in_atomic_block else None
        result = ["error", type(error).__name__, getattr(cause, "pgcode", None),
                  re.sub("[0-9]{9,}", "…", str(error).split("\n")[0]), getattr(getattr(cause, "diag", None), "constraint_name", None)]
    print(json.dumps([function.__name__, result], default=str), flush=True)


def order(number, customer):
    return uuid.UUID(int=number * 1000 + customer)


STEPS = []


def a_step(function):
    STEPS.append(function)
    return function


@a_step
def migrate():
    call_command("migrate", verbosity=0, interactive=False)
    return sorted(connection.introspection.table_names())


@a_step
def migrate_again():
    call_command("migrate", verbosity=0, interactive=False)


@a_step
def back_and_forth():
    call_command("migrate", "shop", "0001", verbosity=0)
    call_command("migrate", "shop", verbosity=0)


@a_step
def introspection():
    seen = []
    with connection.cursor() as cursor:
        for table in ("shop_customer", "shop_order", "shop_article", "auth_user"):
            seen.append([list(c) for c in connection.introspection.get_table_description(cursor, table)])
            constraints = connection.introspection.get_constraints(cursor, table)
            seen.append(sorted((n, c["columns"], c["primary_key"], c["unique"], c["foreign_key"]) for n, c in constraints.items()))
            seen.append(connection.introspection.get_relations(cursor, table))
            seen.append(connection.introspection.get_sequences(cursor, table))
    return seen


@a_step
def create():
    for code, name in (("at", "Austria"), ("fr", "France"), ("jp", "Japan")):
        Country.objects.create(code=code, name=name)
    for n in range(1, 13):
        Customer.objects.create(customer_id=n, name=f"Customer {n % 5}", country_id=["at", "fr", "jp", None][n % 4],
                                balance=decimal.Decimal(n * 7) / 4, score=n / 4, active=n % 3 > 0,
                                joined=datetime.datetime(2023, n, 1, 12, tzinfo=datetime.timezone.utc),
                                data={"n": n, "odd": n % 2 == 1})
        for k in range(n % 4):
            Order.objects.create(id=order(k, n), customer_id=n, placed=datetime.date(2024, 1 + k, n), total=n * 10 + k)
    return [Customer.objects.count(), Order.objects.count()]


@a_step
def read_by_key():
    seen = [list(Customer.objects.filter(pk=n).values()) for n in range(1, 14)]
    seen.append(Customer.objects.get(pk=5).name)
    seen.append(Customer.objects.filter(pk=5).exists())
    seen.append(Customer.objects.filter(name="nobody").exists())
    seen.append(sorted(Customer.objects.in_bulk([1, 5, 9])))
    return seen


@a_step
def missing():
    return Customer.objects.get(pk=99).name


@a_step
def lists():
    customers = Customer.objects.all()
    return [[c.customer_id for c in customers], [c.customer_id for c in customers[3:7]],
            [c.pk for c in customers.order_by("-balance", "pk")[:5]], customers.first().pk, customers.last().pk,
            list(customers.filter(active=True, balance__gt=5).values_list("pk", flat=True)),
            list(customers.filter(Q(name__startswith="Customer 1") | Q(score__lt=1)).values_list("pk", "name")),
            list(customers.filter(pk__in=[2, 4, 6]).values_list("name", flat=True)),
            list(customers.exclude(country=None).values_list("pk", flat=True)),
            list(customers.filter(name__icontains="MER 2").values_list("pk", flat=True)),
            list(customers.filter(joined__year=2023, joined__month=3).values_list("pk", flat=True)),
            list(customers.filter(data__odd=True).values_list("pk", flat=True)),
            list(customers.none()), customers.filter(pk__in=[]).count()]


@a_step
def distinct_names():
    return sorted(Customer.objects.order_by().values_list("name", flat=True).distinct())


@a_step
def aggregates():
    return [Customer.objects.aggregate(n=Count("pk"), s=Sum("balance"), a=Avg("balance"), lo=Min("joined"), hi=Max("balance")),
            Customer.objects.filter(active=True).count(),
            Order.objects.filter(customer_id=7).aggregate(Sum("total"), Count("id")),
            Customer.objects.filter(pk=500).aggregate(Sum("balance"))]


@a_step
def float_aggregates():
    return Customer.objects.aggregate(Avg("score"), Sum("score"))


@a_step
def group_by():
    return sorted(Customer.objects.order_by().values("active").annotate(n=Count("pk"), s=Sum("balance")).values_list("active", "n", "s"))


@a_step
def group_by_ordered():
    return list(Customer.objects.values("active").annotate(n=Count("pk")).order_by("active"))


@a_step
def group_by_name_ordered():
    return list(Customer.objects.values("name").annotate(n=Count("pk")).order_by("-n", "name"))


@a_step
def group_by_month():
    return list(Customer.objects.order_by().annotate(m=TruncMonth("joined")).values("m").annotate(n=Count("pk")).order_by("m").values_list("m", "n"))


@a_step
def annotate_join():
    return sorted((c.pk, c.n) for c in Customer.objects.order_by().annotate(n=Count("orders")))


@a_step
def annotate_join_ordered():
    return [(c.pk, c.n) for c in Customer.objects.annotate(n=Count("orders")).order_by("-n", "pk")[:4]]


@a_step
def having():
    return sorted(Customer.objects.order_by().annotate(n=Count("orders")).filter(n__gt=1).values_list("pk", flat=True))


@a_step
def aggregate_of_annotation():
    return Customer.objects.annotate(n=Count("orders")).aggregate(Max("n"))


@a_step
def conditional_aggregate():
    return Customer.objects.aggregate(n=Count("pk", filter=Q(active=True)), c=Coalesce(Sum("balance"), Value(decimal.Decimal(0))))


@a_step
def select_related():
    return [[(o.customer.name, o.placed) for o in Order.objects.filter(customer_id=7).select_related("customer").order_by("placed")],
            sorted((str(o.id), o.customer.name) for o in Order.objects.select_related("customer")),
            [(c.pk, c.country and c.country.name) for c in Customer.objects.select_related("country")]]


@a_step
def prefetch_related():
    return [(c.pk, sorted(str(o.id) for o in c.orders.all())) for c in Customer.objects.prefetch_related("orders")]


@a_step
def through_relations():
    return [sorted(Customer.objects.filter(orders__placed__gte=datetime.date(2024, 2, 1)).order_by().values_list("pk", flat=True)),
            sorted(Order.objects.filter(customer__name="Customer 2").values_list("id", flat=True)),
            list(Customer.objects.filter(country__name="France").values_list("pk", flat=True)),
            sorted(str(i) for i in Customer.objects.get(pk=3).orders.values_list("id", flat=True))]


@a_step
def subqueries():
    mine = Order.objects.filter(customer=OuterRef("pk"))
    return [sorted(Customer.objects.order_by().filter(Exists(mine)).values_list("pk", flat=True)),
            sorted(Customer.objects.order_by().filter(~Exists(mine.filter(state="new"))).values_list("pk", flat=True))]


@a_step
def scalar_subquery():
    latest = Order.objects.filter(customer=OuterRef("pk")).order_by("-placed").values("placed")[:1]
    return sorted((c.pk, c.latest) for c in Customer.objects.order_by().annotate(latest=Subquery(latest)))


@a_step
def in_subquery():
    return sorted(Customer.objects.order_by().filter(pk__in=Order.objects.values("customer_id")).values_list("pk", flat=True))


@a_step
def union():
    return sorted(Customer.objects.order_by().filter(pk=1).values_list("pk").union(Customer.objects.order_by().filter(pk=2).values_list("pk")))


@a_step
def save():
    customer = Customer.objects.get(pk=4)
    customer.name, customer.balance = "Saved", F("balance") + 1
    customer.save()
    customer.refresh_from_db()
    seen = [customer.name, customer.balance]
    customer.score = 99
    customer.save(update_fields=["score"])
    seen.append(Customer.objects.filter(pk=4).update(active=False))
    seen.append(Customer.objects.filter(pk=400).update(active=False))
    Customer(customer_id=50, name="new by save").save()
    seen += [Customer.objects.get(pk=50).name, Customer.objects.get(pk=50).delete()[0]]
    return seen


@a_step
def get_or_create():
    seen = [Customer.objects.get_or_create(pk=60, defaults={"name": "sixty"})[1] for _ in range(2)]
    seen.append(Customer.objects.update_or_create(pk=60, defaults={"name": "sixty again"})[1])
    seen.append(Order.objects.get_or_create(id=order(1, 60), customer_id=60, defaults={"placed": datetime.date(2024, 1, 1)})[1])
    seen.append(Order.objects.filter(customer_id=60).delete()[0])
    return seen + [Customer.objects.get(pk=60).delete()[0]]


@a_step
def save_without_the_key():
    order_of_3 = Order.objects.filter(customer_id=3).order_by("placed")[0]
    order_of_3.total = 1000
    order_of_3.save()
    return Order.objects.filter(customer_id=3).aggregate(Sum("total"))


@a_step
def save_by_key():
    return Order.objects.filter(customer_id=3, id=order(0, 3)).update(total=F("total") * 2)


@a_step
def bulk_create_one_customer():
    made = Line.objects.bulk_create([Line(id=order(k, 3), customer_id=3, order_id=order(1, 3), quantity=k) for k in range(8)])
    return [len(made), Line.objects.filter(customer_id=3).aggregate(Sum("quantity"))]


@a_step
def bulk_create_many_customers():
    Customer.objects.bulk_create([Customer(customer_id=n, name=f"bulk {n}") for n in range(100, 120)])
    return Customer.objects.filter(pk__gte=100).count()


@a_step
def bulk_update_one_customer():
    lines = list(Line.objects.filter(customer_id=3).order_by("quantity"))
    for line in lines:
        line.quantity += 100
    Line.objects.filter(customer_id=3).bulk_update(lines, ["quantity"])
    return sorted(Line.objects.filter(customer_id=3).values_list("quantity", flat=True))


@a_step
def bulk_update_many_customers():
    customers = list(Customer.objects.filter(pk__lte=6))
    for customer in customers:
        customer.score += 1
    Customer.objects.bulk_update(customers, ["score"])
    return list(Customer.objects.filter(pk__lte=6).values_list("score", flat=True))


@a_step
def update_all():
    return Customer.objects.update(data={})


@a_step
def update_with_case():
    return [Customer.objects.filter(pk=2).update(name=Case(When(active=True, then=Value("yes")), default=Value("no"))),
            Customer.objects.get(pk=2).name]


@a_step
def transactions():
    seen = []
    with transaction.atomic():
        customer = Customer.objects.select_for_update().get(pk=6)
        customer.balance += 5
        customer.save()
        Order.objects.create(id=order(9, 6), customer=customer, placed=datetime.date(2024, 9, 9))
        try:
            with transaction.atomic():
                Order.objects.create(id=order(9, 6), customer=customer, placed=datetime.date(2024, 9, 9))
        except IntegrityError as error:
            seen.append(error.__cause__.diag.constraint_name)
        seen.append(Order.objects.filter(customer_id=6).count())
    try:
        with transaction.atomic():
            Customer.objects.filter(pk=6).update(name="rolled back")
            raise ValueError
    except ValueError:
        pass
    seen.append(Customer.objects.get(pk=6).name)
    done = []
    with transaction.atomic():
        transaction.on_commit(lambda: done.append(Customer.objects.filter(pk=6).count()))
        Order.objects.filter(customer_id=6, id=order(9, 6)).delete()
    return seen + done


@a_step
def broken_foreign_key():
    with transaction.atomic():
        Order.objects.create(id=order(8, 777), customer_id=777, placed=datetime.date(2024, 9, 9))


@a_step
def transaction_on_two_customers():
    with transaction.atomic():
        Customer.objects.filter(pk=1).update(balance=F("balance") - 1)
        Customer.objects.filter(pk=2).update(balance=F("balance") + 1)
    return list(Customer.objects.filter(pk__in=[1, 2]).values_list("balance", flat=True))


@a_step
def home_tables():
    seen = []
    tags = [Tag.objects.create(name=f"tag {n}") for n in range(4)]
    Tag.objects.bulk_create([Tag(name=f"more {n}") for n in range(3)])
    articles = Article.objects.bulk_create([Article(title=f"Article {n}", written=datetime.datetime(2024, 1, n + 1, tzinfo=datetime.timezone.utc)) for n in range(5)])
    seen.append([a.pk is not None for a in articles])
    articles[0].tags.add(*tags)
    articles[1].tags.set(tags[:2])
    articles[1].tags.remove(tags[0])
    articles[2].parent = articles[0]
    articles[2].save()
    seen.append([(a.title, sorted(t.name for t in a.tags.all())) for a in Article.objects.prefetch_related("tags").order_by("pk")])
    seen.append(list(Article.objects.annotate(n=Count("tags")).order_by("-n", "title").values_list("title", "n")))
    seen.append(list(Article.objects.filter(tags__name__in=["tag 0", "tag 1"]).distinct().order_by("title").values_list("title", flat=True)))
    seen.append(list(Tag.objects.annotate(low=Lower("name")).filter(article=None).order_by("low").values_list("name", flat=True)))
    seen.append(Article.objects.select_related("parent").get(title="Article 2").parent.title)
    seen.append(list(Article.objects.dates("written", "month")))
    Article.objects.bulk_update([Article(pk=a.pk, title=a.title + "!") for a in articles], ["title"])
    seen.append([a.title for a in Article.objects.order_by("title").reverse()[:2]])
    seen.append(articles[0].delete()[0])
    with transaction.atomic():
        seen.append(len(Article.objects.select_for_update(skip_locked=True).filter(title__gt="A")))
    return seen


@a_step
def iterators():
    seen = [[t.name for t in Tag.objects.order_by("pk").iterator(chunk_size=2)]]
    with transaction.atomic():
        seen.append([t.name for t in Tag.objects.order_by("pk").iterator(chunk_size=2)])
    seen.append([c.pk for c in Customer.objects.filter(pk=3).iterator()])
    return seen


@a_step
def iterator_over_customers():
    return [c.pk for c in Customer.objects.iterator(chunk_size=5)]


@a_step
def admin_like():
    """What the admin's pages send: counts, pages in order, filters, dates, log entries, permissions."""
    from django.contrib.admin.models import ADDITION, LogEntry
    from django.contrib.auth import authenticate
    from django.contrib.auth.models import Group, Permission, User
    from django.contrib.contenttypes.models import ContentType
    from django.contrib.sessions.backends.db import SessionStore
    boss = User.objects.create_superuser("boss", "boss@example.org", "secret")
    clerk = User.objects.create_user("clerk", password="secret")
    group = Group.objects.create(name="clerks")
    group.permissions.set(Permission.objects.filter(content_type__app_label="shop"))
    clerk.groups.add(group)
    seen = [authenticate(username="clerk", password="secret").username, authenticate(username="clerk", password="wrong"),
            sorted(clerk.get_all_permissions()), boss.has_perm("shop.delete_tag")]
    LogEntry.objects.log_action(boss.pk, ContentType.objects.get_for_model(Tag).pk, 1, "a tag", ADDITION, "made")
    seen.append([(str(e), e.user.username, e.content_type.model) for e in LogEntry.objects.select_related("user", "content_type")])
    session = SessionStore()
    session["cart"] = [1, 2]
    session.save()
    again = SessionStore(session_key=session.session_key)
    seen.append(again["cart"])
    again["cart"] = []
    again.save()
    again.cycle_key()
    again.flush()
    call_command("clearsessions")
    from django.core.paginator import Paginator
    pages = Paginator(Customer.objects.all(), 5)
    seen.append([pages.count, pages.num_pages, [c.pk for c in pages.page(2)]])
    seen.append([c.pk for c in Customer.objects.filter(Q(name__icontains="custom") & Q(active__exact=True)).order_by("-pk")])
    seen.append(Customer.objects.aggregate(first=Min("joined"), last=Max("joined")))
    return seen


@a_step
def dates_of_customers():
    return [str(d) for d in Customer.objects.datetimes("joined", "month")]


@a_step
def raw_sql():
    seen = [[c.name for c in Customer.objects.raw("SELECT * FROM shop_customer WHERE customer_id = %s", [8])]]
    with connection.cursor() as cursor:
        cursor.execute("SELECT customer_id, name FROM shop_customer WHERE customer_id IN %s ORDER BY 1", [(1, 2, 3)])
        seen.append(cursor.fetchall())
        cursor.executemany("UPDATE shop_customer SET score = %s WHERE customer_id = %s", [(n, n) for n in range(1, 7)])
        seen.append(cursor.rowcount)
        cursor.execute("SELECT sum(balance) FROM shop_customer")
        seen.append(cursor.fetchone())
    return seen


@a_step
def explain():
    return bool(Customer.objects.filter(pk=1).explain())


@a_step
def delete_by_key():
    seen = []
    for n in range(1, 13):
        seen.append([Order.objects.filter(customer_id=n).delete()[0], Line.objects.filter(customer_id=n).delete()[0]])
    return seen


@a_step
def delete_instances():
    return [Customer.objects.get(pk=n).delete()[0] for n in (1, 2, 3)]


@a_step
def delete_many():
    return Customer.objects.filter(active=False).delete()[0]


@a_step
def flush():
    call_command("flush", verbosity=0, interactive=False)
    return [Customer.objects.count(), Tag.objects.count(), Country.objects.count()]


@a_step
def migrate_to_zero():
    call_command("migrate", "shop", "zero", verbosity=0)
    return sorted(t for t in connection.introspection.table_names() if t.startswith("shop"))


for function in STEPS:
    if function.__name__ not in left_out:
        step(function)
connection.close()
