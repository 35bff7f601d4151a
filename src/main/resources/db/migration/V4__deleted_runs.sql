-- Runs that were deleted. An engine removes the logs that it has of these, whichever engine deleted the run.
create table deleted_run (
    id         varchar(32) primary key,
    deleted_at timestamp(3) with time zone not null
);
