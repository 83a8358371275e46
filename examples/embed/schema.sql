CREATE TABLE countries (
  country char(2) PRIMARY KEY,
  name text NOT NULL
);

CREATE TABLE customers (
  customer_id int PRIMARY KEY,
  name text NOT NULL,
  country char(2) NOT NULL
);

CREATE TABLE orders (
  customer_id int NOT NULL,
  order_id bigint NOT NULL,
  total numeric(12, 2) NOT NULL,
  PRIMARY KEY (customer_id, order_id)
);
