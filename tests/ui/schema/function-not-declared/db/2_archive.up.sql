SELECT drop_mail();
