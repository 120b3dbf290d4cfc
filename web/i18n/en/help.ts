import type { SameAs } from '../catalogue.ts';
import type ky from '../ky/help.ts';

export default {
  'help.title': 'Your personal data and your rights',
  'help.intro':
    'What your data on the voter list are used for, who holds them, which rights you have, and what to do about a mistake.',
  'help.contents': 'On this page',
  'help.apply': 'If the list has a mistake, or you are not on it',
  'help.apply.steps':
    'Go to your precinct with your passport, or apply on the portal tizme.gov.kg through the “Voter’s cabinet”. The last day is in the calendar plan, usually 15 to 16 days before voting.\nFill in the application on the set form. The member of the precinct commission gives you the right form and helps you fill it in.\nThe member compares your face with the photo in the passport, then identifies you.\nTake the receipt coupon and keep it: with its number you check the status of your application.\nThe system administrator of the territorial commission examines the application. In this time your data are blocked: neither passed on nor changed. Your right to vote is not affected.\nThe answer comes within 7 calendar days to the address or contact in your application. A refusal gives its reason in writing.',
  'help.apply.check': 'Check the status with your coupon',
  'help.forms': 'Which application, and what you need',
  'help.forms.case': 'Case',
  'help.forms.need': 'What you need',
  'help.forms.correction': 'A mistake in your name, birth date or address',
  'help.forms.correctionNeed': 'Application for correction, passport and its copy',
  'help.forms.missing': 'You are on no list',
  'help.forms.missingNeed':
    'Application for inclusion, passport. Without biometric registration the precinct names the nearest point; once registered you are put on the list',
  'help.forms.wrongPrecinct': 'You are on another precinct’s list',
  'help.forms.wrongPrecinctNeed': 'Application to change the precinct, passport',
  'help.forms.deceased': 'A deceased person is listed, or somebody is listed twice',
  'help.forms.deceasedNeed': 'Application, and a document that confirms it if there is one',
  'help.forms.disability': 'You have a disability and are not on the list',
  'help.forms.disabilityNeed':
    'The precinct finds out through the contact centre which list you are on. A person you trust may apply for you',
  'help.forms.institution': 'You are in a hospital, a military unit or another institution',
  'help.forms.institutionNeed':
    'The head of the institution hands the form to the commission at least 12 days before voting',
  'help.purposes': 'What your data are for',
  'help.purposes.list':
    'To secure your right to vote.\nTo prepare and hold the election.\nTo let voters see the list and clarify it.',
  'help.purposes.basis':
    'The basis: the laws on elections and Article 5 of the Law on Personal Information. Using the data for anything else, or merging them with other lists, is forbidden.',
  'help.data': 'Which data are kept',
  'help.data.list':
    'Surname, given name, patronymic, PIN, birth date, sex, address and precinct.\nYour application, its attachments and the answer to it.\nYour photo and fingerprints are not kept in this system.\nHealth data are a special category, kept apart and guarded more strictly.',
  'help.data.public':
    'Only surname, given name, patronymic and the precinct’s number and address are open to everybody. The rest is seen only by officers on duty, and masked even for them.',
  'help.holder': 'Who holds the data',
  'help.holder.text':
    'The holder of the data is the Central Commission for Elections and Referenda of the Kyrgyz Republic (CEC). Territorial and precinct commissions process them on its behalf. The CEC’s address and contacts are on shailoo.gov.kg and at every precinct.',
  'help.holder.time':
    'The data are kept only as long as the election needs them, then destroyed with an act.',
  'help.rights': 'Your rights',
  'help.rights.list':
    'To learn which data there are about you, and who looked at them, when and why. The answer comes within a week; a refusal is reasoned in writing.\nTo have inaccurate data corrected.\nTo have the data blocked while your application is examined.\nTo have unlawfully collected data destroyed, and to receive a document about it.\nTo apply through a person you trust.\nTo complain to the State Agency for the Protection of Personal Data, or to a court.',
  'help.risks': 'Which risks there are, and how they are reduced',
  'help.risks.list':
    'A stranger might see the data. So each officer logs in only as themselves, data are shown masked, and every look goes into a log that cannot be erased.\nData might be copied or printed and carried off. So two people approve each printing, and suspicious actions are noticed at once.\nA wrong change might take you off the list. So the list changes only by an application, and its earlier state is kept and can be restored.\nA person, not a program, decides about you.',
  'help.report': 'If you think your data were misused',
  'help.report.text':
    'Turn to your precinct, the territorial commission or the CEC’s hotline: its number is on shailoo.gov.kg and at every precinct. Each report is handled as an incident; with signs of a crime it goes to the authorities at once.',
} satisfies SameAs<typeof ky>;
