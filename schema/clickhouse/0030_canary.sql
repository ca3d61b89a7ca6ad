-- The product's own probes (via = 'canary', of a site that belongs to nobody) go three days after the
-- end of their month: all of a partition at once, so that a part is written anew for them once and
-- not each day. Parts of before have none, and stay as they are.
ALTER TABLE events MODIFY TTL toStartOfMonth(occurred_at) + INTERVAL 1 MONTH + INTERVAL 3 DAY DELETE WHERE via = 'canary' SETTINGS materialize_ttl_after_modify = 0;

ALTER TABLE touched MODIFY TTL toStartOfMonth(hour) + INTERVAL 1 MONTH + INTERVAL 3 DAY DELETE WHERE site_id = 9223372036854775807 SETTINGS materialize_ttl_after_modify = 0;
