comment on column customer.comments is 'Free text typed by agents';
alter table "Orders" rename to orders;
alter table orders alter column remark type text;
create table if not exists customer (x int);
