// What a service does when every endpoint that it may use is ruled out.

/** `all_ejected`: every usable endpoint is ejected; `all_critical`: none is usable, and critical ones are tried. */
export type Panic = 'none' | 'all_ejected' | 'all_critical';
