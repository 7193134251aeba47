// What happens to one child of the area: every kind of record, two disagreements, suspected harm, and
// work that arrives after its author left the team. Real phones write all of it.

// One for each way of doing the tasks, and one more that the pages are looked at with.
export const ALARMS = 5;
export const HELD = 5;

export const STAGES = [
  { who: 'nurse', stage: '2', reason: 'More help is needed at home' },
  { who: 'lead', stage: '3', reason: 'Several agencies are at it already' },
];
export const CONSENTS = [
  { who: 'nurse', scope: 'all', reason: 'Her mother said yes' },
  { who: 'teacher', scope: 'all except police', reason: 'Her mother said not the police' },
];

export async function tell(world) {
  const [nurse, teacher, therapist, lead] = await Promise.all(
    ['nurse', 'teacher', 'therapist', 'lead'].map((who) => world.phone(who)),
  );
  const phones = { nurse, teacher, therapist, lead };
  const story = { phones, nurse: world.people.nurse.name, name: `${world.newcomer.given_name} ${world.newcomer.family_name}` };
  story.case = await begin(world, phones);
  await world.server('edition', 'close', '--period', 'Spring', '--to', '2026-05-31');
  await records(nurse, story);
  await together(phones);
  await leaving(world, phones, story.case);
  await apart(phones, story.case);
  await world.server('edition', 'close', '--period', 'Summer', '--to', '2026-08-31');
  return story;
}

async function begin(world, { nurse, teacher, therapist, lead }) {
  const { given_name, family_name, school, born, number } = world.newcomer;
  const begun = await nurse(
    'case', 'begin', '--given-name', given_name, '--family-name', family_name,
    '--school', school, '--birth-date', born, '--scn', number,
  );
  await nurse('sync');
  await lead('sync');
  for (const who of ['nurse', 'teacher', 'therapist']) {
    await lead('member', begun.case, world.people[who].name, 'member');
  }
  await lead('lead', begun.case, world.people.nurse.name);
  await lead('sync');
  await Promise.all([nurse('sync'), teacher('sync'), therapist('sync')]);
  return begun.case;
}

// One record of each kind, written by the nurse.
async function records(nurse, story) {
  const child = story.case;
  const visit = await nurse(
    'visit', child, '--at', '2026-11-20T10:00:00Z', '--child-seen', 'yes', '--place', 'At home',
    '--text', 'She showed me her room.\nThe heating was off, and the window does not shut.',
  );
  story.visit = visit.record;
  await nurse(
    'amend', visit.record, visit.entries.at(-1), '--text', 'It was the kitchen window.', '--reason', 'I mixed them up',
  );
  const plan = await nurse('plan', child, '--review', '2027-01-15', '--need', 'A warm home', '--action', 'Ring the landlord');
  story.plan = plan.record;
  const draft = await nurse('assessment', child, '--compartment', 'team');
  await nurse('text', 'begin', draft.record, '--element', 'safe', '--text', 'She is safe at school.');
  const signed = await nurse('assessment', child, '--compartment', 'team');
  await nurse('text', 'begin', signed.record, '--element', 'safe', '--text', 'She is safe at home.');
  await nurse('sign', signed.record);
  const views = await nurse('views', child, '--whose', 'child', '--how', 'spoken', '--text', 'I want my own room.');
  await nurse('changed', views.record, '--text', 'The beds were moved.');
  await nurse(
    'meeting', 'record', child, '--at', '2026-11-19T14:00:00Z', '--sort', 'planning', '--present', 'Her mother',
    '--notes', 'We agreed who rings the landlord.', '--decision', 'The nurse rings',
    '--action', 'Ring the landlord | The nurse | 2026-12-01', '--next-review', '2027-01-15',
  );
  await nurse('event', child, '--on', '2026-11-01', '--what', 'The family moved house.', '--impact', 'A new school');
  await nurse(
    'sharing-decision', child, '--what', 'The visit', '--to', 'Housing', '--purpose', 'Repairs', '--basis', 'consent',
    '--consent-sought', 'yes', '--necessary-because', 'They mend windows', '--shared', 'yes', '--compartment', 'team',
  );
  await nurse('request', 'make', child, '--to', 'housing', '--reason', 'The heating is off.', '--due', '2026-12-10');
  for (let n = 1; n <= ALARMS; n += 1) {
    await nurse('concern', child, '--harm', 'yes', '--seen', `She flinched when the door opened (${n}).`);
  }
}

async function together({ nurse, teacher, therapist, lead }) {
  for (const round of [nurse, teacher, therapist, lead]) await round('sync');
  await Promise.all([nurse('sync'), teacher('sync'), therapist('sync')]);
}

// The therapist has no signal and writes on, although the nurse took them off the team.
async function leaving(world, { nurse, therapist }, child) {
  for (let n = 1; n <= HELD; n += 1) {
    await therapist('visit', child, '--at', '2026-11-20T09:00:00Z', '--text', `We practised sounds (${n}).`);
  }
  await nurse('member', child, world.people.therapist.name, 'left');
  await nurse('sync');
  await therapist('sync');
}

// Nobody has signal: they disagree without knowing it.
async function apart(phones, child) {
  const { nurse, teacher, lead } = phones;
  for (const { who, stage, reason } of STAGES) await phones[who]('stage', child, stage, '--reason', reason);
  for (const { who, scope, reason } of CONSENTS) await phones[who]('consent', child, 'child', scope, '--reason', reason);
  await teacher('visit', child, '--at', '2026-11-02T13:00:00Z', '--text', 'I met her at school, some weeks ago.');
  for (const phone of [nurse, teacher, lead, nurse]) await phone('sync');
}
