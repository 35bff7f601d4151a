-- Who asked to cancel a run that another engine works on. That engine takes the request.
create table cancel_request (
    run      varchar(32) primary key references run (id) on delete cascade,
    asked_by varchar(256),
    asked_at timestamp(3) with time zone not null
);
-- Engines look for unfinished runs every few seconds.
create index run_ended on run (ended_at);
