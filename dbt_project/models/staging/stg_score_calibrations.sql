-- Grain: one row per scorer, version and channel: the calibration in force.
with

source as (

    select * from {{ source('raw', 'score_calibrations') }}

),

champions as (

    select
        scorer,
        scorer_version,
        calibration_version

    from {{ source('raw', 'models') }}
    where is_champion

),

calibrations_in_force as (

    select

        ---------- ids
        source.scorer,
        source.scorer_version,
        source.calibration_version,
        source.channel_code,

        ---------- measures
        source.slope,
        source.intercept

    from source

    inner join champions
        on
            source.scorer = champions.scorer
            and source.scorer_version = champions.scorer_version
            and source.calibration_version = champions.calibration_version

)

select * from calibrations_in_force
