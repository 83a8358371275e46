CREATE TABLE countries (
  country char(2) PRIMARY KEY,
  name text NOT NULL
);

CREATE TABLE products (
  product_id int PRIMARY KEY,
  title text NOT NULL,
  price numeric(10, 2) NOT NULL
);

CREATE TABLE customers (
  customer_id int PRIMARY KEY,
  name text NOT NULL,
  country char(2) NOT NULL,
  joined date NOT NULL
);

CREATE TABLE orders (
  customer_id int NOT NULL REFERENCES customers,
  order_id bigint NOT NULL,
  ordered timestamptz NOT NULL,
  total numeric(12, 2) NOT NULL,
  PRIMARY KEY (customer_id, order_id)
);

CREATE TABLE order_items (
  customer_id int NOT NULL,
  order_id bigint NOT NULL,
  product_id int NOT NULL,
  quantity int NOT NULL,
  PRIMARY KEY (customer_id, order_id, product_id),
  FOREIGN KEY (customer_id, order_id) REFERENCES orders
);
