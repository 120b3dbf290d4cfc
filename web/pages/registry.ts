/**
 * Every page of the console: its address, who has it, which words it needs, and how to load it. The navigation,
 * the palette and the home page are made from this list. The roles here only decide what is offered; what is
 * allowed is decided by the server.
 */
import type { Component } from 'svelte';
import type { Role } from '../../server/contract/vocabulary.ts';
import type { Area, Key } from '../i18n/catalogue.ts';
import type { PathParams } from '../routes.ts';
import type { IconName } from '../ui/Icon.svelte';

/** What every page receives. */
export interface PageProps {
  readonly params: PathParams;
}

export interface PageEntry {
  readonly path: string;
  readonly load: () => Promise<{ default: Component<PageProps> }>;
  readonly areas: readonly Area[];
  /** `public`: without a session; `everyone`: every officer */
  readonly roles: readonly Role[] | 'everyone' | 'public';
  /** shows persons' data: the operator's mark lies over it (R51) and copying is reported */
  readonly personal?: boolean;
  /** in the navigation; entries come in the order of this list */
  readonly nav?: {
    readonly label: Extract<Key, `shell.nav.${string}`>;
    readonly about?: Extract<Key, `home.about.${string}`>;
    readonly icon: IconName;
    /** Only these of the page's roles find it there; the others come by a link. */
    readonly roles?: readonly Role[];
  };
}

const listWork: readonly Role[] = ['precinct-member', 'territorial-admin'];
const trail: readonly Role[] = [
  'territorial-admin',
  'supervisor',
  'auditor',
  'central-admin',
  'security-officer',
];
const alerts: readonly Role[] = ['supervisor', 'security-officer'];
const reviewers: readonly Role[] = ['auditor', 'supervisor'];
const reportReaders: readonly Role[] = [
  ...reviewers,
  'central-admin',
  'security-officer',
  'protection-officer',
];
const people: readonly Role[] = ['central-admin', 'security-officer', 'auditor'];
const voterCard: readonly Role[] = [...listWork, 'supervisor', 'protection-officer', 'auditor'];
const approvalsOf: readonly Role[] = [
  'approver',
  'precinct-member',
  'territorial-admin',
  'security-officer',
  'central-admin',
  'auditor',
  'protection-officer',
];

export const pages: readonly PageEntry[] = [
  {
    path: '/',
    load: () => import('./home/Home.svelte'),
    areas: [],
    roles: 'everyone',
    nav: { label: 'shell.nav.home', icon: 'home' },
  },
  {
    path: '/voters',
    load: () => import('./voters/Search.svelte'),
    areas: ['voters', 'emergency'],
    roles: listWork,
    personal: true,
    nav: { label: 'shell.nav.voters', about: 'home.about.voters', icon: 'search' },
  },
  {
    path: '/protection',
    load: () => import('./protection/Protection.svelte'),
    areas: ['protection', 'voters'],
    roles: ['protection-officer'],
    personal: true,
    nav: { label: 'shell.nav.protection', about: 'home.about.protection', icon: 'lock' },
  },
  {
    path: '/voters/:id',
    load: () => import('./voters/Card.svelte'),
    areas: ['voters', 'applications', 'protection'],
    roles: voterCard,
    personal: true,
  },
  {
    path: '/applications',
    load: () => import('./applications/List.svelte'),
    areas: ['applications', 'voters'],
    roles: listWork,
    personal: true,
    nav: { label: 'shell.nav.applications', about: 'home.about.applications', icon: 'file' },
  },
  {
    path: '/applications/new',
    load: () => import('./applications/New.svelte'),
    areas: ['applications', 'voters'],
    roles: listWork,
    personal: true,
  },
  {
    path: '/applications/:id',
    load: () => import('./applications/Card.svelte'),
    areas: ['applications', 'voters'],
    roles: listWork,
    personal: true,
  },
  {
    path: '/alerts',
    load: () => import('./alerts/Inbox.svelte'),
    areas: ['alerts', 'audit', 'acts', 'details'],
    roles: alerts,
    personal: true,
    nav: { label: 'shell.nav.alerts', about: 'home.about.alerts', icon: 'bell' },
  },
  {
    path: '/alerts/:id',
    load: () => import('./alerts/Card.svelte'),
    areas: ['alerts', 'approvals', 'audit', 'acts', 'details'],
    roles: alerts,
    personal: true,
  },
  {
    path: '/audit',
    load: () => import('./audit/Explorer.svelte'),
    areas: ['audit', 'acts', 'details'],
    roles: trail,
    personal: true,
    nav: { label: 'shell.nav.audit', about: 'home.about.audit', icon: 'list' },
  },
  {
    path: '/audit/sessions/:session',
    load: () => import('./audit/Session.svelte'),
    areas: ['audit', 'acts', 'details'],
    roles: trail,
    personal: true,
  },
  {
    path: '/samples',
    load: () => import('./samples/List.svelte'),
    areas: ['samples'],
    roles: reportReaders,
    nav: { label: 'shell.nav.samples', about: 'home.about.samples', icon: 'dice', roles: reviewers },
  },
  {
    path: '/samples/:number',
    load: () => import('./samples/Card.svelte'),
    areas: ['samples', 'audit', 'acts', 'details'],
    roles: reportReaders,
    personal: true,
  },
  {
    path: '/approvals',
    load: () => import('./approvals/List.svelte'),
    areas: [
      'approvals',
      'voters',
      'protection',
      'policies',
      'rules',
      'changes',
      'emergency',
      'audit',
      'acts',
    ],
    roles: approvalsOf,
    nav: { label: 'shell.nav.approvals', about: 'home.about.approvals', icon: 'stamp' },
  },
  {
    path: '/approvals/:id',
    load: () => import('./approvals/List.svelte'),
    areas: [
      'approvals',
      'voters',
      'protection',
      'policies',
      'rules',
      'changes',
      'emergency',
      'audit',
      'acts',
    ],
    roles: approvalsOf,
  },
  {
    path: '/officers',
    load: () => import('./officers/List.svelte'),
    areas: ['officers'],
    roles: people,
    personal: true,
    nav: { label: 'shell.nav.officers', about: 'home.about.officers', icon: 'user' },
  },
  {
    path: '/officers/new',
    load: () => import('./officers/Add.svelte'),
    areas: ['officers'],
    roles: ['central-admin'],
    personal: true,
  },
  {
    path: '/officers/campaigns',
    load: () => import('./officers/Campaigns.svelte'),
    areas: ['officers'],
    roles: people,
    personal: true,
  },
  {
    path: '/officers/campaigns/:id',
    load: () => import('./officers/Campaigns.svelte'),
    areas: ['officers'],
    roles: people,
    personal: true,
  },
  {
    path: '/officers/:id',
    load: () => import('./officers/Card.svelte'),
    areas: ['officers', 'approvals'],
    roles: people,
    personal: true,
  },
  {
    path: '/calendar',
    load: () => import('./calendar/Calendar.svelte'),
    areas: ['calendar'],
    roles: 'everyone',
    nav: { label: 'shell.nav.calendar', about: 'home.about.calendar', icon: 'calendar' },
  },
  {
    path: '/compliance',
    load: () => import('./compliance/Compliance.svelte'),
    areas: ['compliance', 'policies', 'rules', 'emergency'],
    roles: ['security-officer', 'auditor', 'central-admin', 'protection-officer'],
    nav: { label: 'shell.nav.compliance', about: 'home.about.compliance', icon: 'shield' },
  },
  {
    path: '/policies',
    load: () => import('./policies/Policies.svelte'),
    areas: ['policies', 'changes', 'audit', 'acts'],
    roles: ['security-officer', 'auditor', 'central-admin'],
  },
  {
    path: '/rules',
    load: () => import('./rules/Rules.svelte'),
    areas: ['rules', 'changes'],
    roles: ['security-officer', 'auditor', 'central-admin'],
  },
  {
    path: '/policies/readers',
    load: () => import('./policies/WhoSees.svelte'),
    areas: ['policies', 'audit', 'acts', 'voters'],
    roles: ['security-officer', 'auditor', 'protection-officer'],
  },
  {
    path: '/emergency',
    load: () => import('./emergency/Emergency.svelte'),
    areas: ['emergency', 'audit', 'acts', 'voters'],
    roles: [...listWork, 'approver', 'security-officer', 'auditor'],
    personal: true,
  },
  {
    path: '/my/sessions',
    load: () => import('./officers/MySessions.svelte'),
    areas: ['officers'],
    roles: 'everyone',
  },
  { path: '/my/password', load: () => import('./session/Password.svelte'), areas: [], roles: 'everyone' },
  {
    path: '/my/factors',
    load: () => import('./factors/MyFactors.svelte'),
    areas: ['factors'],
    roles: 'everyone',
  },
  { path: '/help', load: () => import('./help/Help.svelte'), areas: ['help'], roles: 'public' },
  { path: '/status', load: () => import('./status/Coupon.svelte'), areas: ['status'], roles: 'public' },
  {
    path: '/status/:coupon',
    load: () => import('./status/Coupon.svelte'),
    areas: ['status'],
    roles: 'public',
  },
];

export type NavEntry = PageEntry & { readonly nav: NonNullable<PageEntry['nav']> };

/** Whether a page is offered to a role. */
export function isOffered(entry: PageEntry, role: Role): boolean {
  return typeof entry.roles === 'string' || entry.roles.includes(role);
}

/** The navigation of a role, in order: at most seven entries (tested). */
export function navigationFor(role: Role): readonly NavEntry[] {
  return pages.filter(
    (entry): entry is NavEntry =>
      entry.nav !== undefined && isOffered(entry, role) && (entry.nav.roles?.includes(role) ?? true),
  );
}
