-- What tells the values of the spec from others, where its text does not show them: secrets, and what references give. Encrypted.
alter table run add column spec_values text not null default '';
