"""What employees say counts in no earned figure."""

from expectations.suite import Suite, gxe

SUITE = Suite(
    table="segments.mart_staff_advocacy",
    stage="marts",
    title_zh="员工发声单列",
    key=("month_start", "voice_count"),
    query="""
        select
            month_start, voice_count, staff_in_earned_count,
            staff_in_earned_count / nullif(staff_voice_count + staff_in_earned_count, 0)
                as unmarked_share,
            staff_voice_count + earned_voice_count as voice_sum
        from segments.mart_staff_advocacy
        where department_code = 'all' and course_code = 'all'
    """,
    expectations=[
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="voice_count",
            column_B="voice_sum",
            or_equal=True,
            severity="critical",
            description="员工与自发声量之和大于总量，有声音两边都算；"
            "a voice is both of staff and earned",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="unmarked_share",
            # the mart tells of a post or two that slipped; this of a channel that marks nobody
            max_value=0.2,
            severity="warning",
            description="已知员工账号的声音计入自发，请在导出中标明；"
            "accounts known as staff speak as earned voices: let their exports say employee",
        ),
    ],
)
