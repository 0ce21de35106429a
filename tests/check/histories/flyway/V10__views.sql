create table order_archive as table orders;
create table order_copy as select o.*, c.comments as customer_comments from orders o join customer c on c.id = o.customer_id with no data;
create table empty_copy (like orders including defaults including constraints, extra text default 'x');
select id, remark into order_notes from orders where false;
