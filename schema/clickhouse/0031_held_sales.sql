-- Sales that browsers reported, of sites that hold them until a server reports the order: no report
-- counts their money, since the server's own event does. The amount is what the browser said.
ALTER TABLE events MODIFY COLUMN kind Enum8('pageview' = 1, 'click' = 2, 'sale' = 3, 'refund' = 4, 'goal' = 5, 'interaction' = 6, 'held_sale' = 7) CODEC(ZSTD(1));
