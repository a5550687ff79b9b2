-- Grain: a node that may belong to somebody else than at the last successful build: an end of a link that came, went,
-- was cut or freed. Every component of before that lost a link, and every one of now that won one, holds such an end.
with

changed_links as (

    select * from {{ ref('int_changed_links') }}

),

links as (

    select * from {{ ref('int_customer_links') }}

),

cuts as (

    select
        cuts.*,
        coalesce(rules.is_exclusive, other_rules.is_exclusive) as is_exclusive

    from {{ ref('int_identity_cuts') }} as cuts

    left join {{ ref('identity_rules') }} as rules
        on cuts.identity_kind = rules.identity_kind

    left join {{ ref('identity_rules') }} as other_rules
        on other_rules.identity_kind = '*'

),

ends as (

    select node from changed_links
    where node is not null

    union

    select other as node from changed_links
    where other is not null

),

-- A link is cut by what is linked to one of its ends, so where an end has changed, its other links may have been cut or
-- freed. What is cut now and has kept more links than allowed was cut before, too: a device that the whole
-- town uses moves only the one that joined it in this build.
kept_links as (

    select
        links.node,
        links.other,
        links.identity_kind

    from links

    left join changed_links
        on
            links.node = changed_links.node
            and links.other = changed_links.other

    where changed_links.node is null

),

still_shared_identifiers as (

    select cuts.node

    from cuts

    inner join kept_links
        on cuts.node = kept_links.node

    left join changed_links
        on cuts.node = changed_links.other

    where
        cuts.cut_code = 'shared_identifier'
        and not cuts.is_exclusive
        -- while it named memberships it was one, and could not be cut
        and changed_links.other is null
    group by cuts.node, cuts.maximum_count
    having count(*) > cuts.maximum_count

),

still_crowded_memberships as (

    select
        cuts.node,
        cuts.identity_kind

    from cuts

    inner join kept_links
        on
            cuts.node = kept_links.other
            and cuts.identity_kind = kept_links.identity_kind

    where
        cuts.cut_code = 'crowded_customer'
        and not cuts.is_exclusive
    group by cuts.node, cuts.identity_kind, cuts.maximum_count
    having count(*) > cuts.maximum_count

),

neighbours as (

    select links.other as node

    from ends

    inner join links
        on ends.node = links.node

    left join still_shared_identifiers
        on links.node = still_shared_identifiers.node

    where still_shared_identifiers.node is null

    union all

    select links.node

    from ends

    inner join links
        on ends.node = links.other

    left join still_crowded_memberships
        on
            links.other = still_crowded_memberships.node
            and links.identity_kind = still_crowded_memberships.identity_kind

    where still_crowded_memberships.node is null

),

relinked_nodes as (

    select node from ends
    union
    select node from neighbours

)

select * from relinked_nodes
