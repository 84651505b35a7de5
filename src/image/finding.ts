/** What `validate` reports: data, never thrown. `code` is stable (`digest-mismatch`), `subject` names the blob, entry or field. */
export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly subject: string;
  readonly message: string;
}
