import type { SameAs } from '../catalogue.ts';
import type ky from '../ky/factors.ts';

export default {
  'factors.title': 'My sign-in factors',
  'factors.intro':
    'What you show after your password. Every change asks for the password and a fresh confirmation.',
  'factors.passkeys': 'Passkeys',
  'factors.passkeysAbout':
    'A passkey works at this system’s own address only, so it cannot be coaxed out of you.',
  'factors.none': 'No passkeys yet',
  'factors.required': 'Required for your duty',
  'factors.name': 'Name',
  'factors.created': 'Registered',
  'factors.used': 'Last used',
  'factors.never': 'not used yet',
  'factors.kind': 'Where it is kept',
  'factors.synced': 'can be copied',
  'factors.onDevice': 'on one device',
  'factors.actions': 'Actions',
  'factors.add': 'Add a passkey',
  'factors.add.text':
    'After your password comes a fresh confirmation, then the browser asks for the new passkey.',
  'factors.add.submit': 'Register the passkey',
  'factors.added': 'The passkey is registered',
  'factors.copied':
    'This passkey is copied to other devices, which is not allowed. Use a security key or this computer',
  'factors.rename': 'Rename',
  'factors.renameLabel': 'Rename the passkey {name}',
  'factors.renamed': 'The passkey has its new name',
  'factors.remove': 'Remove',
  'factors.removeLabel': 'Remove the passkey {name}',
  'factors.remove.title': 'Remove the passkey {name}',
  'factors.remove.text': 'It stops working at once, and your other sessions end.',
  'factors.remove.submit': 'Remove the passkey',
  'factors.remove.last': 'Your duty needs a passkey. Register another one first',
  'factors.removed': 'The passkey is removed',
  'factors.save': 'Save the name',
  'factors.passwordWrong': 'The password is wrong. Enter it again',
  'factors.recovery': 'Recovery codes',
  'factors.recoveryAbout': 'Without your phone or key each code opens one log-in. They confirm no other act.',
  'factors.recoveryNone': 'No codes have been made',
  'factors.recoveryLeft': {
    one: '{count} code left, made {at}',
    other: '{count} codes left, made {at}',
  },
  'factors.recovery.make': 'Make recovery codes',
  'factors.recovery.again': 'Make new codes',
  'factors.recovery.text': 'Ten codes are shown this once. Earlier codes become void.',
  'factors.recovery.shown': 'Put the codes on paper now',
  'factors.recovery.shownText':
    'They are not shown again. Keep the paper locked away and apart from your password; take no photograph.',
  'factors.recovery.print': 'Print the codes',
  'factors.recovery.done': 'I have kept the codes',
  'factors.totp': 'Confirmation code',
  'factors.totpSet': 'Set up on your phone: {at}',
  'factors.totpLost':
    'If the phone is lost, go to the security officer in person: the access is reset and every factor becomes void.',
} satisfies SameAs<typeof ky>;
