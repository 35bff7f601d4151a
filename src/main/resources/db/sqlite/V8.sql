-- The name of who began it, where that is known.
alter table run add column begun_by text;
