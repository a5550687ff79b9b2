"""The answers that the demo's worlds hide, counted from the simulated tables.

`planted_truths(world)` writes the world's files once more, to a folder of its own, and counts; no
warehouse is read. The entries say what a warehouse should find. Times are Beijing time, money is yuan as text:

* `world`: days, customers (members), seed, first and last day, brands.
* `exports`: per `channel.export`, how many files and rows were written (faults included).
* `texts`: distinct texts of all voices and answers, as written (redaction may join some).
* `strategies`: per strategy the planted `effect` (chance that its touches alone convert somebody);
  `incremental_conversions`, the sum over journeys of the chance less that without its touches:
  what a model should rank by; what came of it in identified journeys: with that strategy anywhere
  in them, closed by it (what the last touch sees), and of it alone.
* `word_of_mouth`: journeys, customers and conversions whose touches are all word of mouth, all
  paid, or mixed (a customer stays with one of the three); `multiple` is the rate of the first over
  the second, as achieved and as expected. Anonymous journeys stay on cookies that nobody links.
* `attributed_sales`: orders of the window that a journey led to, repeat orders among them, and the
  share of the rest.
* `traffic`: touches that must not count, with their ids: robots (cookies that click over a hundred
  times in an hour, one of them a member's), own_content (creators on their own notes), own_link
  (inviters on the link that they sent); tablet: visits on a shop's device that many members have
  logged in on; `lent_devices`: devices that an inviter and one whom they brought in both hold.
* `campaigns`: those that cost and touch nobody, and those that touch and cost nothing.
* `topic_lift`: the days of a campaign that lifts the sales of one category by orders of their own,
  and its searches, in shares of the usual; `achieved_sales_lift` is what chance made of it, the
  category's orders counted, and `keywords` says which category a searched word means.
* `creators`: per tier, notes, engagements per impression (the same at every reach), those that took
  off (爆文: their share is `hit_note_rate`), and fees.
* `identities`: links per kind; conversions whose cookie is linked over a day after them; masked and
  blank telephones in the member table; pairs of memberships of one person (same telephone).
* `crises`: day, product, aspect, the burst of posts per day, cases, and the press desk's times.
* `replies`: first public human reply in minutes (a reply after exactly 60 minutes is within the
  hour): count, exact median and mean, share within 60, histogram; by department, and by kind of
  subject. Also counts of automatic, human and non-public replies and of those at night, and of
  replies to reviews that now have two stars or less.
* `cases`: cases, solved at the end (reopened ones only if solved again), reopened, closed.
* `handling`: changes of department; cases solved by another department than the one they were
  opened in, and the minutes until it had them; cases with an owner and the median minutes to that;
  cases in which two departments grant and refuse a refund, and cases in which two grant it.
* `handled_reviews`: reviews about which the desk opened a case, and those in whose case a person
  spoke to the customer.
* `recovery`: reviews of two stars or less that were edited to four or more after a person's public
  reply, the bad version having stood in an export.
* `nps`: per weekly wave, sent, answered, promoters, passives, detractors, NPS as a fraction.
* `share_of_voice`: public mentions per brand (shop reviews not counted), with and without reposts,
  originals, comments, disclosed advertisements, kinds of author.
* `orders`: per shop, orders, cancelled, refunded in full, gross, net of the not cancelled, and
  refunds.
* `repurchase`: people (whatever their accounts) and linked members with one order, and with two,
  that were not cancelled.
* `lifetime_repair`: per kind of repair, claims and how many of them were followed by another order;
  `uplift` is that rate for lifetime repair minus that of the other two.
* `segments`: members by number of orders (those of linked accounts, cancelled ones left out), who
  reviewed, who gave four stars or more, who brought somebody, who joined 企业微信.
* `incentives`: grants, those that require praise, JD reviews and mean stars with and without one.
* `suppression`: deleted reviews of two stars or less and of four or more, and the gap of the rates.
* `kocs`: members who are key opinion consumers, with their 小红书 account.
* `referrals`: invitations, registrations, planted faults (self, loop, duplicate, device: the
  invitee holds the inviter's own); without these, `k_factor` over the whole window (invitees who
  joined per active customer: members who bought, and inviters; medians of days from joining to
  bringing somebody in, and from invitation to joining), joiners by generation, the largest trees.
* `experiments`: per variant, units, exposed, conversions, planted difference from control and the
  verdict that is due; one has a lift, one a broken split, one three variants of which one harms.
* `review_wave`: reviews without an order that are nearly alike and came within two hours.
* `content`: pieces, those per generation from a review on, the pieces of a loop, reach per
  generation; `actions`: the ledger, with the day on which one was done; `relief`: complaints
  of its aspect in the equal windows before and after it.
* `points_ledger`: issued (all that is above nought, corrections by hand among them), redeemed,
  expired, taken back by hand, what is left; the same by reason; a member who redeemed more than
  they held; an entry booked a second time under another number; review points that were spent, with
  everything else that their holders had, at the second of an order.
* `stage_offers`: per programme offered, claimed by the last day, and offered to members in another
  stage than it is meant for; and of the members who had stopped buying before the window (they are
  members more than the flag asks for), who was sent a coupon and who came back.
* `koc_activation`: members by the part that they play, each with notes and kept orders before and
  after the day (that day left out): `candidate` is to be found, `activated` became a KOC on it; the
  others are staff, paid, without consent, no buyers, or have praised us once.
* `private_domain`: members who joined 企业微信, by month of the window; those with linked accounts
  who ordered after it; members active in its groups, and in its events; and of those who joined at
  least thirty days before the last one, who was active on days 1 to 30 after it, and later.
* `service_contacts`: by stage, contacts, answers, minutes to the first, orders that came of advice;
  by hour of the day, what went unanswered (everything at night but chats that ended in an order).
* `warranty`: per kind of repair hours, costs and charges of what is closed; the uplift that repeat
  orders are dealt out by, over first orders on 京东 without a repair. `releases`: two generations
  of one product with their launch and mean stars as they stand.
* `ideas` as they stand on the last day: adopted of all and of those decided on, days, and of those
  who had them how many bought before and after their first. `trials`: enrolled, finished, broken
  off, running; completion among those of thirty days ago; pairs of scores, their mean gain in
  points and relative (`planted_uplift` is what the gains are drawn around), by programme.
* `brand_trust`: per questionnaire (trust, identity) answers and sums of scores on 1..5 by group of
  age, wave and year of birth; `planted_difference` is the older's mean less the young's.
* `market_share`: per month, sales of all brands and our share, in whole and by category.
* `brand_programmes`: days of the reports and between them (one was never written), certificates
  (renewed, renewed too late, lapsed), reach of media pieces that cost nothing and of paid ones.
* `staff_advocacy`: public mentions of ours by employees and by others, as the texts are meant; who
  on the staff passed which course.
* `quality`: of the last month and of all months, units, failures and the industry's share.
* `erasures`: requests to be forgotten, one of them about nobody, and how many rows of the exports
  are that member's, by subject. Where people of the member programme are counted (`k_factor`,
  `points_ledger`, `private_domain`) they are left out, where money and rows are, they are not.
* `personal_data`: texts that hold telephones, e-mails, ID cards or WeChat ids: where, and the
  values that must never be readable anywhere.
* `late_rows`: rows that reach their first file days late, by subject.
* `late_files`: files delivered days late; `corrections`: files replaced by a second revision (what
  was wrong in the first, the rows it lacks, its phantom); `duplicate_files`: second revisions with
  the same bytes; `duplicate_rows`: rows repeated within a file; `bad_rows`: file, feed, line, data
  row, header, feed column, value, and whether it is `unreadable`, `unlisted` or `missing`. A test
  may hold back any of these files and deliver it later.
"""
