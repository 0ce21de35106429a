create or replace view v_orders (order_id, note) as select id, remark from orders;
