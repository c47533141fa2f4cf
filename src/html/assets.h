/* page.css and page.js, line by line; made of them by the build. */
#ifndef HTML_ASSETS_H
#define HTML_ASSETS_H

extern const char *const HTML_STYLE[], *const HTML_SCRIPT[];

#endif
