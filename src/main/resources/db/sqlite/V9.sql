-- Who asked to cancel a run that another engine works on. That engine takes the request.
create table cancel_request (
    run      text    primary key references run (id) on delete cascade,
    asked_by text,
    asked_at integer not null
);
-- Engines look for unfinished runs every few seconds.
create index run_ended on run (ended_at);
