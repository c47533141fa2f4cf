connaudit --explain=sensitive-nominated
