connaudit --show=1:1 samples/request-crossed-the-idle-close-seen-by-the-server.pcap
