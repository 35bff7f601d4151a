-- The field's own word for it.
alter table found rename column given_back to rolled_back;
