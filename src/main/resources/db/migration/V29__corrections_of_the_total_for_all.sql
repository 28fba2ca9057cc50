-- What is raised or adjusted goes into the total for all too, once that is kept: as uses do (book_events, V28), whatever budgets there are where it is booked.
create function with_total_for_all(event jsonb) returns jsonb
    language sql stable as
$$
select case
           when not event -> 'scopes' @> '[{"kind": "global"}]'
               and exists (select from spend_total t
                           where t.scope_kind = 'global' and t.scope_id = 'global' and t.period = 'lifetime' and t.period_start = 'epoch')
               then event || jsonb_build_object('scopes', event -> 'scopes' || jsonb_build_array(jsonb_build_object('kind', 'global', 'id', 'global')))
           else event end
$$;
