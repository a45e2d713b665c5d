/** What a command leaves behind: the process's exit status. 0 fine, 1 refused or not ready, 2 wrong usage. */
export interface Exit {
  code: number
}
